"""What a shop knows about selling: pure, frozen, without a database, a clock or a wire."""
