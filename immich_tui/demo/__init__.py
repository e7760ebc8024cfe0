"""An embedded Immich: a generated photo library behind real sockets."""
