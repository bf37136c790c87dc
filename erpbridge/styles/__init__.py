"""The five styles: bytes or rows on one side, deliveries and replies of the contract on the other."""
