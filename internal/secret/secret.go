// Package secret keeps tokens and passwords out of messages and of files.
package secret

import "strings"

// hidden stands for a secret in a text.
const hidden = "…"

// Hush is err with some secrets taken out of its text; nil stays nil. A server may repeat in its
// answer what it was sent. "" is no secret. What err wraps is what it was.
func Hush(err error, secrets ...string) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	if quiet := Hide(text, secrets...); quiet != text {
		return &hushed{err, quiet}
	}
	return err
}

// Hide is a text without some secrets. "" is no secret.
func Hide(text string, secrets ...string) string {
	for _, s := range secrets {
		if s != "" {
			text = strings.ReplaceAll(text, s, hidden)
		}
	}
	return text
}

type hushed struct {
	err  error
	text string
}

func (h *hushed) Error() string { return h.text }
func (h *hushed) Unwrap() error { return h.err }
