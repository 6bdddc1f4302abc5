package serve

import "github.com/dylora/dylora/internal/fault"

// Reasons of errors that a user can do something about.
const (
	AddressBusy fault.Reason = "serve: address busy" // another process listens there
	Exposed     fault.Reason = "serve: exposed"      // others than this machine could ask, and need no token
	OpenSecret  fault.Reason = "serve: open secret"  // everybody on this machine may read a secret
	NotHanded   fault.Reason = "serve: not handed"   // the service manager has handed over no socket
)
