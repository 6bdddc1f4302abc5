package hub

import "github.com/dylora/dylora/internal/fault"

// Reasons why files of the Hub cannot be had.
const (
	// PickledWeights: the repository has its weights only as a Python pickle, which is
	// fetched only if that is allowed.
	PickledWeights fault.Reason = "hub: pickled weights"
	// OfflineMode: the files are not in the cache, and the environment forbids the network.
	OfflineMode fault.Reason = "hub: offline mode"
	// Unencrypted: the Hub's address, or one that it redirects to, is neither encrypted nor this machine.
	Unencrypted fault.Reason = "hub: unencrypted"
)
