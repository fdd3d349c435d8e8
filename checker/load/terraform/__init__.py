"""What the plan, state and HCL loaders share: instances with values, and their conversion to the model."""
