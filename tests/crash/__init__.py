"""What happens when everything fails: nothing is lost, nothing comes twice."""
