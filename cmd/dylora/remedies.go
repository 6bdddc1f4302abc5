package main

import (
	"strings"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/settings"
)

// remedies says for each reason that a package declares what the user can do about it at
// the command line. It is the end of a sentence that the error's message begins.
func remedies() map[fault.Reason]string {
	return map[fault.Reason]string{
		adapter.OtherBase:       "give that model, or --force-base to use this one",
		settings.UnknownSetting: "'dylora config show' lists the settings",
	}
}

// message is err for a user: its text and the remedy of its reason, which gets a line of
// its own where the text has several.
func message(err error) string {
	text, remedy := err.Error(), remedies()[fault.ReasonOf(err)]
	switch {
	case remedy == "":
		return text
	case strings.Contains(text, "\n"):
		return text + "\n" + remedy
	}
	return text + "; " + remedy
}
