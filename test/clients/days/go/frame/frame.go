// Package frame has the parts that the days of the Go clients share: the place from standard input,
// and one JSON line a step to standard output.
package frame

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
)

type Place struct {
	Endpoint, Host, Region, Authority string
	AccessKey, SecretKey              string
	ReaderAccessKey, ReaderSecretKey  string
	Bucket, Scratch                   string
	Large, LargeSha256, Fox           string
}

// Facts are the observations of a step.
type Facts map[string]any

// Step is one piece of a day's work.
type Step struct {
	Name string
	Do   func() (Facts, error)
}

// ReadPlace reads the place of the day.
func ReadPlace() Place {
	var place Place
	if err := json.NewDecoder(os.Stdin).Decode(&place); err != nil {
		panic(err)
	}
	return place
}

// Spend takes every step, whatever the outcome of each.
func Spend(steps []Step, codeOf func(error) string) {
	lines := json.NewEncoder(os.Stdout)
	for _, step := range steps {
		outcome := Facts{"ok": true}
		facts, err := step.Do()
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", step.Name, err)
			outcome = Facts{"ok": false, "code": codeOf(err)}
		} else {
			for name, value := range facts {
				outcome[name] = value
			}
		}
		if err := lines.Encode(Facts{"step": step.Name, "outcome": outcome}); err != nil {
			panic(err)
		}
	}
}

// IsLarge returns true if the received bytes are those of the large file.
func (place Place) IsLarge(content []byte) bool {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:]) == place.LargeSha256
}

// Transport trusts the place's authority.
func (place Place) Transport() *http.Transport {
	pem, err := os.ReadFile(place.Authority)
	if err != nil {
		panic(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	return &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
}
