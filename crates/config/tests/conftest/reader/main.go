// Parses texts with conftest's own parsers, for a test that compares.
//
// Reads one JSON array [parser, base64 text] per line and writes one JSON object per line:
// {"value": ...} or {"error": "..."}.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"github.com/open-policy-agent/conftest/parser"
)

func parse(name string, text []byte) (value any, err error) {
	// Some of the libraries panic on broken input, which ends conftest.
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v", cause)
		}
	}()
	p, err := parser.New(name)
	if err != nil {
		return nil, err
	}
	err = p.Unmarshal(text, &value)
	return value, err
}

func main() {
	in := bufio.NewReader(os.Stdin)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	lines := json.NewDecoder(in)
	for {
		var request struct {
			Parser string `json:"parser"`
			Text   []byte `json:"text"`
		}
		if lines.Decode(&request) != nil {
			return
		}
		answer := map[string]any{}
		value, err := parse(request.Parser, request.Text)
		if err != nil {
			answer["error"] = err.Error()
		} else {
			answer["value"] = value
		}
		line, err := json.Marshal(answer)
		if err != nil {
			line, _ = json.Marshal(map[string]any{"error": err.Error()})
		}
		fmt.Fprintln(out, string(line))
	}
}
