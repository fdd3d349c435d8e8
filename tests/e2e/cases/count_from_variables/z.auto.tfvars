auto_off = false
