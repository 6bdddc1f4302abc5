// Package fault gives errors the class that decides dylora's exit code. It knows
// nothing else, so every package may use it.
package fault

import (
	"errors"
	"fmt"
)

// Class is what went wrong, as far as a script that runs dylora cares.
type Class int

// The classes and the exit codes that stand for them.
const (
	Failure  Class = 1 // anything without a class of its own
	Usage    Class = 2 // command line or configuration
	Invalid  Class = 3 // data, weights or adapter files
	Offline  Class = 4 // needed from the network and not cached
	Locked   Class = 5 // the run folder is in use
	Diverged Class = 6 // NaN or Inf in loss, gradients or weights
	Check    Class = 7 // a numeric check failed
)

// Error is an error with a class. Its text is that of the error it wraps.
type Error struct {
	Class Class
	Err   error
}

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// Errorf formats as fmt.Errorf does, %w included, and gives the result a class.
func Errorf(c Class, format string, a ...any) error { return &Error{c, fmt.Errorf(format, a...)} }

// Usagef is Errorf(Usage, …).
func Usagef(format string, a ...any) error { return Errorf(Usage, format, a...) }

// Invalidf is Errorf(Invalid, …): the message names the file, the key or line number,
// and what to do.
func Invalidf(format string, a ...any) error { return Errorf(Invalid, format, a...) }

// ClassOf is the class of the outermost Error in err's chain; Failure if there is none.
func ClassOf(err error) Class {
	var e *Error
	if errors.As(err, &e) {
		return e.Class
	}
	return Failure
}
