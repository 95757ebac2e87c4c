//! The engine's side, played from captures by a few lines of HTTP on a unix socket.
