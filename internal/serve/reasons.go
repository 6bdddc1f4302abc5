package serve

import "github.com/dylora/dylora/internal/fault"

// Reasons of errors that a user can do something about.
const (
	// AddressBusy: another process listens at the address.
	AddressBusy fault.Reason = "serve: address busy"
	// Exposed: others than this machine could ask, and would need no token.
	Exposed fault.Reason = "serve: exposed"
	// OpenSecret: everybody on this machine may read the token or the private key.
	OpenSecret fault.Reason = "serve: open secret" //nolint:gosec // a reason, and no secret
	// NotHanded: the service manager has handed over no socket.
	NotHanded fault.Reason = "serve: not handed"
)
