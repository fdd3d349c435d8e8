tfvars_on = true
auto_off  = true
