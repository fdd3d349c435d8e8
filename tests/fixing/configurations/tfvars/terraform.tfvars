# given for every environment
traffic_type = "REJECT" # as agreed
