"""What may run: a person is asked before anything is deleted, overwritten or mailed to customers."""
