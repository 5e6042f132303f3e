//! otlp_export
