"""Pages of the ERP border."""
