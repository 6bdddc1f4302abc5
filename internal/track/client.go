package track

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/secret"
)

// requestTime is how long one answer is waited for, and maxAnswer what is read of it.
const (
	requestTime = 30 * time.Second
	maxAnswer   = 4 << 20
)

// client talks to a tracking server.
type client struct {
	base           *url.URL
	user, password string
	token          string
	http           *http.Client
	pulse          *pulse
}

// newClient is of the variables that MLflow's own client reads: MLFLOW_TRACKING_URI, _USERNAME and _PASSWORD, or _TOKEN.
func newClient(getenv func(string) string, p *pulse) (*client, error) {
	text := getenv("MLFLOW_TRACKING_URI")
	if text == "" {
		return nil, fault.Usagef("MLFLOW_TRACKING_URI is not set: give it the address of the server, such as http://localhost:5000")
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fault.Usagef("MLFLOW_TRACKING_URI: want the address of a server such as http://localhost:5000: files and databases are for MLflow's own client")
	}
	c := &client{base: u, user: getenv("MLFLOW_TRACKING_USERNAME"), password: getenv("MLFLOW_TRACKING_PASSWORD"), token: getenv("MLFLOW_TRACKING_TOKEN"), http: httpClient(), pulse: p}
	if c.user == "" && u.User != nil {
		c.user = u.User.Username()
		c.password, _ = u.User.Password()
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return c, nil
}

// refused is an answer of the server that is no success.
type refused struct {
	status  int
	code    string // of MLflow, such as RESOURCE_DOES_NOT_EXIST
	message string
}

func (r *refused) Error() string {
	return strings.TrimSuffix(fmt.Sprintf("HTTP %d %s: %.200s", r.status, r.code, r.message), ": ")
}

// call sends a request of the REST interface and reads its answer into out, which may be nil.
func (c *client) call(ctx context.Context, method, path string, query url.Values, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	u := c.base.JoinPath("api/2.0/mlflow", path)
	u.RawQuery = query.Encode()
	if out == nil { // a page of another server is no success
		out = new(json.RawMessage)
	}
	return c.do(ctx, method, u, "application/json", body, -1, out)
}

// do sends a request; an answer that is no JSON is that of another server. What the server repeats of
// the secrets that it was sent is not taken.
func (c *client) do(ctx context.Context, method string, u *url.URL, kind string, body io.Reader, size int64, out any) error {
	q, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return err
	}
	if size >= 0 {
		q.ContentLength = size
	}
	q.Header.Set("Content-Type", kind)
	switch {
	case c.user != "":
		q.SetBasicAuth(c.user, c.password)
	case c.token != "":
		q.Header.Set("Authorization", "Bearer "+c.token)
	}
	answer, err := c.http.Do(q)
	if err != nil {
		var inner *url.Error
		if errors.As(err, &inner) { // whose text repeats the address
			err = inner.Err
		}
		return fmt.Errorf("%s does not answer: %w", c.base.Host, err)
	}
	defer answer.Body.Close()
	c.pulse.beat()
	c.pulse.answered.Store(true)
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("%s: %w", c.base.Host, err)
	}
	basic := base64.StdEncoding.EncodeToString([]byte(c.user + ":" + c.password))
	text = []byte(secret.Hide(string(text), basic, c.password, c.token))
	found, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	switch s := answer.StatusCode; {
	case s == http.StatusUnauthorized || s == http.StatusForbidden:
		return fmt.Errorf("%w: %s answers HTTP %d: check MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN", errDenied, c.base.Host, s)
	case s == http.StatusRequestTimeout || s == http.StatusTooManyRequests || s >= 500:
		return fmt.Errorf("%s answers HTTP %d", c.base.Host, s)
	case s >= 300:
		r := &refused{status: s, message: strings.TrimSpace(string(text[:min(len(text), 200)]))}
		var e struct {
			Code    string `json:"error_code"`
			Message string `json:"message"`
		}
		if json.Unmarshal(text, &e) == nil && e.Code != "" {
			r.code, r.message = e.Code, e.Message
		} else if out != nil {
			return fmt.Errorf("%w: %s answers HTTP %d with %s: is MLFLOW_TRACKING_URI the address of an MLflow server?", errDenied, c.base.Host, s, kindOf(found))
		}
		return r
	case out != nil:
		if err := json.Unmarshal(text, out); err != nil {
			return fmt.Errorf("%w: %s answers with %s where JSON is due: is MLFLOW_TRACKING_URI the address of an MLflow server?", errDenied, c.base.Host, kindOf(found))
		}
	}
	return nil
}

func kindOf(media string) string {
	if media == "" {
		return "text"
	}
	return media
}
