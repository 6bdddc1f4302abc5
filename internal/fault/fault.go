// Package fault gives errors the class that decides dylora's exit code, and the reason by
// which a caller knows what would help. It knows nothing else, so every package may use it.
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

// Reason names what went wrong where the user can do something about it, so that a caller
// can add the remedy in its own terms: a package that trains or reads files knows neither
// flags nor commands. Each package declares its reasons as constants in its reasons.go;
// their values begin with the package's name and are never shown. "" is no reason.
type Reason string

// Error is an error with a class and perhaps a reason. Its text is that of the error it
// wraps.
type Error struct {
	Class  Class
	Reason Reason // "" if there is none
	Err    error
}

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// Errorf formats as fmt.Errorf does, %w included, and gives the result a class.
func Errorf(c Class, format string, a ...any) error {
	return &Error{Class: c, Err: fmt.Errorf(format, a...)}
}

// Usagef is Errorf(Usage, …).
func Usagef(format string, a ...any) error { return Errorf(Usage, format, a...) }

// Invalidf is Errorf(Invalid, …): the message names the file, the key or line number,
// and what to do, unless the reason's remedy says that.
func Invalidf(format string, a ...any) error { return Errorf(Invalid, format, a...) }

// ClassOf is the class of the outermost Error in err's chain; Failure if there is none.
func ClassOf(err error) Class {
	var e *Error
	if errors.As(err, &e) {
		return e.Class
	}
	return Failure
}

// Because gives err a reason and keeps its class and its text; nil stays nil. A later call
// on the result, or on an error that wraps it, overrides the reason.
func Because(r Reason, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Class: ClassOf(err), Reason: r, Err: err}
}

// ReasonOf is the outermost reason in err's tree, of joined errors the first; "" if there
// is none.
func ReasonOf(err error) Reason {
	if e, ok := err.(*Error); ok && e.Reason != "" { //nolint:errorlint // the tree is walked below
		return e.Reason
	}
	switch e := err.(type) { //nolint:errorlint // as errors.As walks it
	case interface{ Unwrap() error }:
		return ReasonOf(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, joined := range e.Unwrap() {
			if r := ReasonOf(joined); r != "" {
				return r
			}
		}
	}
	return ""
}
