"""What the service tests share: the server process, clients of three kinds, and the model check."""
