//! What a field is: its kind, names, path and help, declared once.
