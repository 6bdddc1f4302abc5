package hub

import (
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/dylora/dylora/internal/fault"
)

// refusal is the error of a response that is no success: what the Hub means by it, and
// what to do. file is "" where none was asked for.
func (c *Client) refusal(resp *http.Response, repo Repo, file string) error {
	host := resp.Request.URL.Host
	if passing(resp.StatusCode) {
		return &transient{err: fmt.Errorf("%s answers %s", host, status(resp)), after: askedWait(resp.Header, time.Now())}
	}
	code, said := resp.Header.Get("X-Error-Code"), printable(resp.Header.Get("X-Error-Message"))
	where := fmt.Sprintf("%s/%s", c.endpoint, repo.page())
	switch {
	case code == "RevisionNotFound":
		return fault.Usagef("%s: the repository has no revision %q: %s/tree/main shows which there are", repo, repo.Revision, where)
	case code == "EntryNotFound":
		return fault.Usagef("%s: the repository has no file %s", repo, file)
	case code == "GatedRepo":
		return fault.Usagef("%s is gated: accept its conditions at %s, and give a token of that account: %s", repo, where, c.tokenAdvice())
	case strings.Contains(said, "Invalid credentials"):
		return fault.Usagef("%s: %s does not accept the token of %s: make a new one at %s/settings/tokens", repo, host, c.tokenFrom, c.endpoint)
	case code == "RepoNotFound", resp.StatusCode == http.StatusNotFound, resp.StatusCode == http.StatusUnauthorized:
		return fault.Usagef("%s: there is no such repository at %s, or it is private: check the name; for a private one, %s", repo, c.endpoint, c.tokenAdvice())
	case resp.StatusCode == http.StatusForbidden:
		return fault.Usagef("%s: %s forbids access%s: %s", repo, host, after(": ", said), c.tokenAdvice())
	}
	return fmt.Errorf("%s: %s answers %s%s", repo, host, status(resp), after(": ", said))
}

// tokenAdvice says how to give a token, or that the one given has no access.
func (c *Client) tokenAdvice() string {
	if c.token != "" {
		return fmt.Sprintf("the token of %s must have access to it", c.tokenFrom)
	}
	return "set HF_TOKEN to a token that has access to it"
}

func status(resp *http.Response) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", resp.StatusCode, http.StatusText(resp.StatusCode)))
}

// printable is a server's text on one line, cut where it is endless.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if runes := []rune(s); len(runes) > 200 {
		s = string(runes[:200]) + "…"
	}
	return s
}

func after(mark, text string) string {
	if text == "" {
		return ""
	}
	return mark + text
}
