"""What things are: records, settings, messages and errors. Nothing here reads, writes or words anything."""
