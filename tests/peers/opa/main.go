// A process that evaluates Rego with the Open Policy Agent, for tests that compare.
//
// It reads one request a line from standard input and answers each with one line:
//
//	{"modules": {"a.rego": "package a ..."}, "query": "data.a.p", "input": .., "data": {..},
//	 "strict": true, "version": "v0" | "v1", "now_ns": 0}
//	→ {"result": [{"expressions": [..], "bindings": {..}}, ..]}   (empty: undefined)
//	| {"error": {"code": "eval_builtin_error", "message": "..", "all": ["..", ..]}}
//
// With "inputs", a list of terms of Rego as text, the query is prepared once and asked with each of them;
// the answer is {"answers": [{"terms": ["..", ..]} | {"error": ..}, ..]}. Terms and not JSON, as that knows
// neither sets nor keys that are no strings, and loses how numbers are spelt.
// "terms" asks for results in that form with a single "input" too.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/util"
)

type request struct {
	Modules map[string]string `json:"modules"`
	Query   string            `json:"query"`
	Input   json.RawMessage   `json:"input"`
	Data    json.RawMessage   `json:"data"`
	Strict  bool              `json:"strict"`
	Version string            `json:"version"`
	NowNs   *int64            `json:"now_ns"`
	Inputs  []string          `json:"inputs"`
	Terms   bool              `json:"terms"`
}

type failure struct {
	Code    string   `json:"code"`
	Message string   `json:"message"`
	All     []string `json:"all,omitempty"`
}

type response struct {
	Result  json.RawMessage `json:"result,omitempty"`
	Terms   []string        `json:"terms,omitempty"`
	Answers []response      `json:"answers,omitempty"`
	Error   *failure        `json:"error,omitempty"`
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	for {
		line, err := in.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			answer, _ := json.Marshal(answerTo(line))
			_, _ = out.Write(answer)
			_ = out.WriteByte('\n')
			_ = out.Flush()
		}
		if err != nil {
			return
		}
	}
}

func answerTo(line []byte) (answer response) {
	defer func() {
		if cause := recover(); cause != nil {
			answer = response{Error: &failure{Code: "panic", Message: fmt.Sprint(cause)}}
		}
	}()
	var req request
	if err := json.Unmarshal(line, &req); err != nil {
		return response{Error: &failure{Code: "request", Message: err.Error()}}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	answer, err := evaluate(ctx, req)
	if err != nil {
		return response{Error: explain(err)}
	}
	return answer
}

func evaluate(ctx context.Context, req request) (response, error) {
	version := ast.RegoV1
	if req.Version == "v0" {
		version = ast.RegoV0
	}
	options := []func(*rego.Rego){
		rego.SetRegoVersion(version),
		rego.Query(req.Query),
		rego.StrictBuiltinErrors(req.Strict),
	}
	for name, text := range req.Modules {
		options = append(options, rego.Module(name, text))
	}
	if len(req.Input) > 0 {
		var input any
		if err := util.UnmarshalJSON(req.Input, &input); err != nil {
			return response{}, err
		}
		value, err := ast.InterfaceToValue(input)
		if err != nil {
			return response{}, err
		}
		options = append(options, rego.ParsedInput(value))
	}
	if len(req.Data) > 0 {
		var data map[string]any
		if err := util.UnmarshalJSON(req.Data, &data); err != nil {
			return response{}, err
		}
		options = append(options, rego.Store(inmem.NewFromObject(data)))
	}
	if req.NowNs != nil {
		options = append(options, rego.Time(time.Unix(0, *req.NowNs)))
	}
	var terms []string
	if req.Terms || len(req.Inputs) > 0 {
		options = append(options, rego.GenerateJSON(func(term *ast.Term, _ *rego.EvalContext) (any, error) {
			terms = append(terms, term.String())
			return nil, nil
		}))
	}
	if len(req.Inputs) == 0 {
		results, err := rego.New(options...).Eval(ctx)
		if err != nil {
			return response{}, err
		}
		if req.Terms {
			return response{Terms: terms}, nil
		}
		if results == nil {
			results = rego.ResultSet{}
		}
		text, err := json.Marshal(results)
		return response{Result: text}, err
	}
	prepared, err := rego.New(options...).PrepareForEval(ctx)
	if err != nil {
		return response{}, err
	}
	answers := make([]response, 0, len(req.Inputs))
	for _, text := range req.Inputs {
		input, err := ast.ParseTerm(text)
		if err != nil {
			return response{}, fmt.Errorf("input %s: %w", text, err)
		}
		answers = append(answers, ask(ctx, prepared, input.Value, req.NowNs, &terms))
	}
	return response{Answers: answers}, nil
}

func ask(
	ctx context.Context, query rego.PreparedEvalQuery, input ast.Value, now *int64, terms *[]string,
) (answer response) {
	defer func() {
		if cause := recover(); cause != nil {
			answer = response{Error: &failure{Code: "panic", Message: fmt.Sprint(cause)}}
		}
	}()
	*terms = nil
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	options := []rego.EvalOption{rego.EvalParsedInput(input)}
	if now != nil {
		options = append(options, rego.EvalTime(time.Unix(0, *now)))
	}
	if _, err := query.Eval(ctx, options...); err != nil {
		return response{Error: explain(err)}
	}
	return response{Terms: *terms}
}

func explain(err error) *failure {
	found := &failure{Code: "error", Message: err.Error()}
	var many ast.Errors
	var one *ast.Error
	var inEvaluation *topdown.Error
	switch {
	case errors.As(err, &many) && len(many) > 0:
		found.Code = many[0].Code
		found.Message = many[0].Message
		for _, each := range many {
			found.All = append(found.All, each.Error())
		}
	case errors.As(err, &one):
		found.Code = one.Code
		found.Message = one.Message
	case errors.As(err, &inEvaluation):
		found.Code = inEvaluation.Code
		found.Message = inEvaluation.Message
	default:
		var list rego.Errors
		if errors.As(err, &list) && len(list) > 0 {
			inner := explain(list[0])
			for _, each := range list {
				inner.All = append(inner.All, each.Error())
			}
			return inner
		}
	}
	return found
}
