package flagset

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/suggest"
)

// Error is what the parser of flags found wrong with a command line, in the words of the other messages and of class Usage. A
// flag that cmd does not have is answered with the one that is meant.
func Error(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var value *pflag.InvalidValueError
	var missing *pflag.ValueRequiredError
	switch {
	case errors.As(err, &unknown):
		return fault.Usagef("%w%s", err, meantFlag(cmd, unknown))
	case errors.As(err, &value):
		return fault.Usagef("--%s: %s", value.GetFlag().Name, wrongValue(value))
	case errors.As(err, &missing):
		return fault.Usagef("--%s needs a value", missing.GetFlag().Name)
	}
	return fault.Usagef("%w", err)
}

// wrongValue says what a flag's value is not.
func wrongValue(e *pflag.InvalidValueError) string {
	want := map[string]string{
		"int": "a whole number", "uint64": "a whole number from 0 up", "float64": "a number", "bool": "true or false", "intSlice": "a list of whole numbers such as 1,2",
	}[e.GetFlag().Value.Type()]
	switch {
	case errors.Is(e, strconv.ErrRange):
		return fmt.Sprintf("%.40s is beyond what a number can be", e.GetValue())
	case strings.Contains(e.Unwrap().Error(), strconv.Quote(e.GetValue())) && want == "":
		return e.Unwrap().Error()
	case want == "":
		return fmt.Sprintf("%q: %v", e.GetValue(), e.Unwrap())
	}
	return fmt.Sprintf("%.40q is not %s", e.GetValue(), want)
}

// meantFlag names the flag of cmd that is meant by one that it does not have; "" if none is near. A name in the words of another
// library stands for a setting if cmd has that. -lr, which is read as one letter a flag, may be --lr.
func meantFlag(cmd *cobra.Command, e *pflag.NotExistError) string {
	given := e.GetSpecifiedName()
	var known []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			known = append(known, f.Name)
		}
	})
	if letters := e.GetSpecifiedShortnames(); letters != "" {
		given, _, _ = strings.Cut(letters, "=")
		if slices.Contains(known, given) {
			return fmt.Sprintf(" (did you mean --%s?)", given)
		}
	}
	if key, ok := settings.Elsewhere(given); ok && slices.Contains(known, strings.ReplaceAll(key, "_", "-")) {
		return fmt.Sprintf(" (did you mean --%s?)", strings.ReplaceAll(key, "_", "-"))
	}
	if name, ok := suggest.Closest(given, known); ok {
		return fmt.Sprintf(" (did you mean --%s?)", name)
	}
	return ""
}

// UnknownCommand is the error about a name that is no command of cmd, with the one that is meant; purpose has the commands for
// words that are near to none of their names.
func UnknownCommand(cmd *cobra.Command, name string, purpose map[string]string) error {
	var known []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() || c.Name() == "help" {
			known = append(known, c.Name())
		}
	}
	if meant := purpose[strings.ToLower(name)]; meant != "" {
		return fault.Usagef("unknown command %q (did you mean %q?)", name, meant)
	}
	return fault.Usagef("unknown command %q%s", name, suggest.Hint(name, known))
}
