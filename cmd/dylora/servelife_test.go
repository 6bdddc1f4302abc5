package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestServeDrains: of many clients that ask all the time, none that was let in is left without its answer when the server ends.
func TestServeDrains(t *testing.T) {
	t.Parallel()
	s := startServe(t, command(t, t.TempDir(), serveArgs("builtin:sentiment")...))
	body := `{"texts":["a fine film","what a mess","I do not know what to say about it"]}`
	want := get(t, nil, s.Addresses[0]+"/v1/predict", body)
	type outcome struct {
		answered int
		err      error
	}
	outcomes := make(chan outcome)
	const clients = 24
	for range clients {
		go func() {
			c := &http.Client{Transport: &http.Transport{}}
			for o := (outcome{}); ; o.answered++ {
				code, got, err := call(c, s.Addresses[0]+"/v1/predict", body)
				if err != nil {
					if op := (*net.OpError)(nil); errors.As(err, &op) && op.Op == "dial" { // it was not let in
						err = nil
					}
					o.err = err
					outcomes <- o
					return
				}
				if code != 200 || got != want {
					o.err = fmt.Errorf("%d %s", code, got)
					outcomes <- o
					return
				}
			}
		}()
	}
	time.Sleep(300 * time.Millisecond)
	s.end(t, syscall.SIGTERM)
	answered := 0
	for range clients {
		o := <-outcomes
		if answered += o.answered; o.err != nil {
			t.Errorf("after %d answers: %v", o.answered, o.err)
		}
	}
	if answered < clients {
		t.Errorf("%d answers", answered)
	}
}

// TestServeSocket: a Unix socket is its owner's, is taken over from a process that was killed, and removed at the end.
func TestServeSocket(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "s")
	args := []string{"serve", "builtin:sentiment", "--json", "--threads", "1", "--listen", "unix:s", "--socket-mode", "0640"}
	killed := startServe(t, command(t, dir, args...))
	if err := killed.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-killed.ended
	s := startServe(t, command(t, dir, args...))
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 || s.Addresses[0] != "unix:s" {
		t.Errorf("%v %v %v", info, err, s.Addresses)
	}
	c := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}}}
	if got := get(t, c, "http://dylora/v1/predict", `{"text":"a fine film"}`); !strings.Contains(got, `"label":"positive"`) {
		t.Error(got)
	}
	s.end(t, syscall.SIGTERM)
	if _, err := os.Lstat(path); err == nil {
		t.Error("the socket stays")
	}
}

// TestServeSystemd: the server takes the socket that is handed over, whose connections it leaves to the next process, and tells the
// service manager when it is ready and when it stops.
func TestServeSystemd(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	handed, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer handed.Close()
	manager, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(dir, "n"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer manager.Close()
	told := func() string {
		b := make([]byte, 100)
		if err := manager.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
			t.Fatal(err)
		}
		n, err := manager.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		return string(b[:n])
	}
	for range 2 {
		c := command(t, dir, "serve", "builtin:sentiment", "--json", "--threads", "1", "--listen", "systemd")
		// The id of the process, as the service manager sets it, is known to itself first.
		c.Args = append([]string{"sh", "-c", `LISTEN_PID=$$ exec "$0" "$@"`, c.Path}, c.Args[1:]...)
		c.Path = "/bin/sh"
		c.Env = append(c.Env, "LISTEN_FDS=1", "NOTIFY_SOCKET="+filepath.Join(dir, "n"))
		c.ExtraFiles = []*os.File{handed}
		s := startServe(t, c)
		if got := told(); !strings.HasPrefix(got, "READY=1") {
			t.Errorf("told %q", got)
		}
		if got := get(t, nil, "http://"+l.Addr().String()+"/v1/predict", `{"text":"a fine film"}`); !strings.Contains(got, `"positive"`) {
			t.Error(got)
		}
		http.DefaultClient.CloseIdleConnections()
		s.end(t, syscall.SIGTERM)
		if got := told(); !strings.HasPrefix(got, "STOPPING=1") {
			t.Errorf("told %q", got)
		}
	}
}

// certificate writes a certificate of this machine and its key, and gives the pool that it is checked with.
func certificate(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	chain, pool := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), x509.NewCertPool()
	err = errors.Join(os.WriteFile(filepath.Join(dir, "cert.pem"), chain, 0o644), os.WriteFile(filepath.Join(dir, "key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
	if err != nil || !pool.AppendCertsFromPEM(chain) {
		t.Fatal(err)
	}
	return pool
}

// TestServeTLS: with a certificate and a token, requests are encrypted and have to bear it, but for those about health.
func TestServeTLS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := &http.Client{Transport: &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: certificate(t, dir)}}}
	if err := os.WriteFile(filepath.Join(dir, "token"), []byte("a-token-of-the-test\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := startServe(t, command(t, dir, serveArgs("builtin:sentiment", "--tls-cert", "cert.pem", "--tls-key", "key.pem", "--token-file", "token")...))
	url := s.Addresses[0]
	if !strings.HasPrefix(url, "https://127.0.0.1:") {
		t.Fatal(url)
	}
	get(t, c, url+"/healthz", "")
	if code, got, err := call(c, url+"/v1/predict", `{"text":"a"}`); code != 401 || err != nil {
		t.Errorf("without the token: %d %s %v", code, got, err)
	}
	get(t, c, url+"/v1/predict", `{"text":"a"}`, "Authorization", "Bearer a-token-of-the-test")
	if resp, err := c.Get(url + "/readyz"); err != nil {
		t.Error(err)
	} else if resp.Body.Close(); resp.ProtoMajor != 2 {
		t.Errorf("%v", resp)
	}
	if code, _, err := call(nil, "http"+strings.TrimPrefix(url, "https")+"/readyz", ""); err == nil && code != 400 {
		t.Errorf("unencrypted: %d", code)
	}
	if _, _, err := call(nil, url+"/readyz", ""); err == nil {
		t.Error("the certificate is taken unseen")
	}
	s.end(t, syscall.SIGTERM)
}

// TestServeRefuses: what cannot be served is refused before anything is loaded, with what to do.
func TestServeRefuses(t *testing.T) {
	open := filepath.Join(t.TempDir(), "token")
	if err := errors.Join(os.WriteFile(open, []byte("a-token-of-the-test\n"), 0o600), os.Chmod(open, 0o644)); err != nil {
		t.Fatal(err)
	}
	for line, tt := range map[string]struct {
		code int
		says string
	}{
		"--listen :0":                   {2, "--token-file"},
		"--listen nowhere":              {2, "no address to listen at"},
		"--listen systemd":              {2, "--listen systemd is for services"},
		"--socket-mode 7":               {2, "no mode of a socket"},
		"--token-file " + open:          {3, "'chmod o='"},
		"--token-file nothing":          {3, "no such file"},
		"--tls-cert x":                  {2, "private key"},
		"--adapters-dir nothing":        {2, "no folder"},
		"--default-rank none":           {2, "a rank is a number"},
		"--default-rank x=2":            {2, `no adapter "x"`},
		"--default-rank 99":             {2, "rank 99"},
		"a=builtin:sentiment a=nothing": {2, "both called a"},
		"nothing":                       {3, "nothing"},
		"--threads many":                {2, "--threads"},
		"--max-body=-1":                 {2, "max body"},
		"--batch-tokens=-1":             {2, "MaxTokens"},
		"--log nothing/log":             {2, "log of requests"},
		"--drain 5":                     {2, "--drain"},
	} {
		var out, talk bytes.Buffer
		args := append([]string{"serve"}, strings.Fields(line)...)
		if strings.HasPrefix(line, "-") {
			args = append(args, "builtin:sentiment")
		}
		if !strings.Contains(line, "--listen") {
			args = append(args, "--listen", "127.0.0.1:0")
		}
		if code := run(args, strings.NewReader(""), &out, &talk); code != tt.code || !strings.Contains(talk.String(), tt.says) || out.Len() > 0 {
			t.Errorf("%s: exit %d, want %d with %q: %s", line, code, tt.code, tt.says, talk.String())
		}
	}
}
