"""Forums and their public pack, behind the privacy gate."""
