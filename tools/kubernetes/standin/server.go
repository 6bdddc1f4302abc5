package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// server is the API server.
type server struct {
	address, token, version string
	http                    *http.Client
}

func newServer(o *options) (*server, error) {
	pem, err := os.ReadFile(o.ca)
	if err != nil {
		return nil, err
	}
	known := x509.NewCertPool()
	if !known.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s has no certificate", o.ca)
	}
	t := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: known, MinVersion: tls.VersionTLS12}}
	return &server{address: o.server, token: o.token, http: &http.Client{Transport: t, Timeout: 10 * time.Second}}, nil
}

// ready waits until the server answers requests.
func (s *server) ready(ctx context.Context) error {
	var v struct {
		GitVersion string `json:"gitVersion"`
	}
	for {
		err := s.call(ctx, "GET", "/readyz", "", nil, nil)
		if err == nil {
			err = s.call(ctx, "GET", "/version", "", nil, &v)
			s.version = v.GitVersion
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the API server is not ready: %w", err)
		case <-time.After(300 * time.Millisecond):
		}
	}
}

// call sends a request and reads its answer into out, which may be nil.
func (s *server) call(ctx context.Context, method, path, kind string, body []byte, out any) error {
	q, err := http.NewRequestWithContext(ctx, method, s.address+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	q.Header.Set("Authorization", "Bearer "+s.token)
	if kind != "" {
		q.Header.Set("Content-Type", kind)
	}
	answer, err := s.http.Do(q)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode >= 300 {
		var why metav1.Status
		if json.Unmarshal(text, &why) != nil || why.Message == "" {
			why.Message = string(text)
		}
		return fmt.Errorf("%s %s: HTTP %d: %s", method, path, answer.StatusCode, why.Message)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(text, out)
}
