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

/// What a search's thread sends through a bounded channel: pieces, and `None` at the end. Without that end, as when
/// its client was too slow, the body is broken off: nobody takes what came for the whole.
pub(crate) struct StreamBody {
    /// The pieces.
    pub receiver: mpsc::Receiver<Option<Bytes>>,
    /// Dropped with the body, so that whoever waits for it learns when nobody reads.
    pub _alive: oneshot::Sender<()>,
}

impl Body for StreamBody {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        self.receiver.poll_recv(cx).map(|piece| match piece {
            Some(Some(bytes)) => Some(Ok(Frame::data(bytes))),
            Some(None) => None,
            None => Some(Err(BrokenOff)),
        })
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
