//! The codecs against captured files and against independent readers.

#[cfg(test)]
mod json_file;
#[cfg(test)]
mod json_file_oracle;
