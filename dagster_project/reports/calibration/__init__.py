"""Whether the rules still hold: what buyers did, what thresholds would find, what sales can take, what has drifted."""
