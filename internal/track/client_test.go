package track

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"
)

// answer is a server with one answer.
type answer struct {
	status     int
	kind, body string
}

func (a *answer) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: a.status, Header: http.Header{"Content-Type": {a.kind}}, Body: io.NopCloser(strings.NewReader(a.body)), Request: r}, nil
}

// FuzzAnswers: whatever a server answers, an error is one short line without the secrets.
func FuzzAnswers(f *testing.F) {
	f.Add(200, "application/json", `{"run":{"info":{"run_id":"x"}}}`)
	f.Add(400, "application/json", `{"error_code":"BAD","message":"hush and c29tZWJvZHk6aHVzaA=="}`)
	f.Add(404, "text/html; charset=", "<html>hush")
	f.Add(500, "", "")
	f.Fuzz(func(t *testing.T, status int, kind, body string) {
		env := map[string]string{"MLFLOW_TRACKING_URI": "http://localhost:5000", "MLFLOW_TRACKING_USERNAME": "somebody", "MLFLOW_TRACKING_PASSWORD": "hush"}
		c, err := newClient(func(name string) string { return env[name] }, &pulse{})
		if err != nil {
			t.Fatal(err)
		}
		if status < 200 || status > 599 || status/100 == 3 {
			status = 200
		}
		c.http = &http.Client{Transport: &answer{status, kind, body}}
		var out struct {
			Runs []struct{ Info struct{ ID string } }
		}
		err = c.call(t.Context(), "GET", "runs/search", nil, nil, &out)
		if err == nil {
			return
		}
		if text := err.Error(); strings.Contains(text, "hush") || strings.Contains(text, "c29tZWJvZHk6aHVzaA") || len(text) > 2000 || utf8.ValidString(body) && !utf8.ValidString(text) {
			t.Fatalf("message %q", text)
		}
	})
}
