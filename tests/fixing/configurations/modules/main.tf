module "network" {
  source = "./modules/network"

  cidr_block = "10.0.0.0/16"
}

module "second" {
  source     = "./modules/network"
  cidr_block = "10.1.0.0/16"
  interval   = 600
}

