//! Equipment that the tests share.
