"""The wording of papers, as plain files that people may edit: one's own of the same name stands above ours."""
