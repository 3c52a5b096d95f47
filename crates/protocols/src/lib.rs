//! One folder per protocol: fields, parser, captures, goldens.
