"""What may be shown: text written by strangers is cleaned, masked and fenced; people go by aliases."""
