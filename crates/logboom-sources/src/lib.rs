//! Where logboom's records come from. A source reads, keeps its position in the state of the local log, and hands
//! rows over through [`logboom_model::Intake`]; it knows neither the store nor the sinks.
//!
//! One folder per source; today there is [`docker`]: the json-files of Docker's containers.

pub mod docker;
mod limits;
