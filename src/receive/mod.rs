//! Into the program: the OTLP front door, one port for HTTP and gRPC.
