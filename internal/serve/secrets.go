package serve

import (
	"crypto/tls"
	"io"
	"os"
	"runtime"
	"strings"

	"github.com/dylora/dylora/internal/fault"
)

// Lengths of a token. A shorter one can be guessed, a longer one does not fit into the header of a request.
const (
	shortestToken = 16
	longestToken  = 4096
)

// readToken reads the token that requests have to bear: the only line of a file, which not everybody may read. "" is no file.
func readToken(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	b, err := readSecret(path, "the token", longestToken+2)
	if err != nil {
		return "", err
	}
	token := strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r")
	switch {
	case len(token) < shortestToken || len(token) > longestToken:
		return "", fault.Invalidf("%s: the token has to have %d to %d characters, such as those of 'openssl rand -hex 32'", path, shortestToken, longestToken)
	case strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "", fault.Invalidf("%s: the token has to be one line of ASCII letters, digits and signs, without spaces", path)
	}
	return token, nil
}

// readSecret reads a file of at most so many bytes that not everybody on this machine may read.
func readSecret(path, what string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fault.Invalidf("%s: %w", what, err)
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, fault.Invalidf("%s: %w", what, err)
	case info.IsDir():
		return nil, fault.Invalidf("%s: %s is a folder", what, path)
	case info.Mode().Perm()&0o007 != 0 && runtime.GOOS != "windows": // which has no such modes
		return nil, fault.Because(OpenSecret, fault.Invalidf("%s: everybody on this machine may read or write %s (mode %04o)", what, path, info.Mode().Perm()))
	}
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	switch {
	case err != nil:
		return nil, fault.Invalidf("%s: %w", what, err)
	case int64(len(b)) > most:
		return nil, fault.Invalidf("%s: %s has more than %d bytes", what, path, most)
	}
	return b, nil
}

// readCertificate reads the files of TLS; without any, it is nil.
func readCertificate(certificate, key string) (*tls.Config, error) {
	const most = 1 << 20
	switch {
	case certificate == "" && key == "":
		return nil, nil
	case certificate == "" || key == "":
		return nil, fault.Usagef("TLS needs both a certificate and its private key")
	}
	chain, err := os.ReadFile(certificate)
	if err != nil {
		return nil, fault.Invalidf("the certificate: %w", err)
	}
	secret, err := readSecret(key, "the private key", most)
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(chain, secret)
	if err != nil {
		return nil, fault.Invalidf("certificate %s and private key %s: %w", certificate, key, err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, nil
}
