"""How a loser's bytes reach the backup."""
