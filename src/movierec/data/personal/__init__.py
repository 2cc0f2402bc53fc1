"""What one person rated, watched and wants to watch: plain lists, and exports of other sites."""
