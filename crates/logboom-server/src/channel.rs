//! Bodies of streamed answers: made piece by piece as the client takes them, never ahead of it.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame};
use tokio::sync::{mpsc, oneshot};

/// What another task sends through a bounded channel. Dropped with its connection, which that task then sees.
pub(crate) struct ChannelBody(pub mpsc::Receiver<Bytes>);

impl Body for ChannelBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(cx).map(|chunk| chunk.map(|bytes| Ok(Frame::data(bytes))))
    }
}

/// An answer that cannot be finished: its connection is closed before the end of the body, which clients see.
#[derive(Debug, thiserror::Error)]
#[error("the answer cannot be finished")]
pub(crate) struct BrokenOff;

/// What a search's thread sends through a bounded channel; whoever waits for `_alive` learns when nobody reads.
pub(crate) struct StreamBody {
    /// The pieces, and perhaps a break.
    pub receiver: mpsc::Receiver<Result<Bytes, BrokenOff>>,
    /// Dropped with the body.
    pub _alive: oneshot::Sender<()>,
}

impl Body for StreamBody {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        self.receiver.poll_recv(cx).map(|chunk| chunk.map(|bytes| bytes.map(Frame::data)))
    }
}

/// What a closure makes when asked; `None` ends the body.
pub(crate) struct PulledBody<F>(pub F);

impl<F: FnMut() -> Option<Bytes> + Unpin> Body for PulledBody<F> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready((self.0)().map(|bytes| Ok(Frame::data(bytes))))
    }
}
