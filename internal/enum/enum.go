// Package enum reads and writes the names of a fixed set of values: settings such as an
// update mode, a precision or the kind of a task.
package enum

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/suggest"
)

// Names are the names of an enumeration whose values count from 0, in that order.
type Names[T ~int] []string

// Known says whether v is a value of the enumeration.
func (n Names[T]) Known(v T) bool { return v >= 0 && int(v) < len(n) }

// String is v's name; "unknown" if it has none.
func (n Names[T]) String(v T) string {
	if !n.Known(v) {
		return "unknown"
	}
	return n[v]
}

// Lookup is the value of a name, and whether there is one.
func (n Names[T]) Lookup(name string) (T, bool) {
	i := slices.Index(n, name)
	return T(max(i, 0)), i >= 0
}

// Parse is the value of a name, or an error of no class that lists the names.
func (n Names[T]) Parse(name string) (T, error) {
	v, ok := n.Lookup(name)
	if !ok {
		return 0, unknown(name, n)
	}
	return v, nil
}

// Values are all values, in their order.
func (n Names[T]) Values() []T {
	values := make([]T, len(n))
	for i := range values {
		values[i] = T(i)
	}
	return values
}

// List is all names, for messages: "all, frozen, strict".
func (n Names[T]) List() string { return strings.Join(n, ", ") }

// Strings are the values of an enumeration of strings, each of which is its own name.
type Strings[T ~string] []T

// Known says whether name is that of a value.
func (s Strings[T]) Known(name string) bool { return slices.Contains(s, T(name)) }

// Parse is the value of a name, or an error of no class that lists the names.
func (s Strings[T]) Parse(name string) (T, error) {
	if !s.Known(name) {
		return "", unknown(name, s.names())
	}
	return T(name), nil
}

// List is all names, for messages: "auto, csv, none".
func (s Strings[T]) List() string { return strings.Join(s.names(), ", ") }

func (s Strings[T]) names() []string {
	names := make([]string, len(s))
	for i, v := range s {
		names[i] = string(v)
	}
	return names
}

// unknown says what the names are, and which of them may be meant.
func unknown(name string, names []string) error {
	if len(names) == 2 {
		return fmt.Errorf("%q is neither %s nor %s%s", name, names[0], names[1], suggest.Hint(name, names))
	}
	return fmt.Errorf("%q is none of %s%s", name, strings.Join(names, ", "), suggest.Hint(name, names))
}
