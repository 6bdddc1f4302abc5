package adapter

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/dylora/dylora/internal/disk"
)

// maxModuleRanks bounds a file of module ranks, in bytes.
const maxModuleRanks = 1 << 20

// ModuleRanks reads what ParseModuleRanks does, or behind an "@" the name of a file that holds such a JSON object; "" is nil.
func ModuleRanks(text string) (map[string]int, error) {
	if file, ok := strings.CutPrefix(text, "@"); ok {
		var err error
		if text, err = readModuleRanks(file); err != nil {
			return nil, err
		}
	}
	if text == "" {
		return nil, nil
	}
	return ParseModuleRanks(text)
}

// readModuleRanks reads a file of module ranks, a JSON object for ParseModuleRanks; of one that is too large no
// more than the bound.
func readModuleRanks(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", disk.PathFirst(err, file)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxModuleRanks+1))
	if err != nil {
		return "", disk.PathFirst(err, file)
	}
	if len(b) > maxModuleRanks {
		return "", fmt.Errorf("%s: more than %d bytes are too much for a list of ranks", file, maxModuleRanks)
	}
	text := strings.TrimSpace(string(b))
	if !strings.HasPrefix(text, "{") {
		return "", fmt.Errorf("%s: want a JSON object such as {\"query\": 4}", file)
	}
	return text, nil
}
