// Evaluates CEL expressions as the Kubernetes API server does: one JSON request a line, one JSON answer a line.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strconv"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"github.com/google/cel-go/ext"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/apiserver/pkg/cel/library"
)

type in struct {
	Expr    string          `json:"expr"`
	Object  json.RawMessage `json:"object"`
	Version string          `json:"version"`
}
type out struct {
	CompileErr string `json:"compile_error,omitempty"`
	Type       string `json:"type,omitempty"`
	Value      string `json:"value,omitempty"`
	Err        string `json:"error,omitempty"`
	Cost       uint64 `json:"cost"`
}

func show(v ref.Val) string {
	switch t := v.(type) {
	case types.String:
		var b strings.Builder
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(string(t)); err != nil {
			panic(err)
		}
		return strings.TrimSpace(b.String())
	case types.Int:
		return fmt.Sprintf("%d", int64(t))
	case types.Uint:
		return fmt.Sprintf("%du", uint64(t))
	case types.Double:
		return "double(" + strconv.FormatFloat(float64(t), 'f', -1, 64) + ")"
	case types.Bool:
		return fmt.Sprintf("%v", bool(t))
	case types.Bytes:
		return fmt.Sprintf("b%x", []byte(t))
	case types.Null:
		return "null"
	case *types.Optional:
		if !t.HasValue() {
			return "none"
		}
		return "some(" + show(t.GetValue()) + ")"
	case types.Timestamp, types.Duration:
		return v.Type().TypeName() + "(" + string(v.ConvertToType(types.StringType).(types.String)) + ")"
	case traits.Lister:
		s := []string{}
		for it := t.Iterator(); it.HasNext() == types.True; {
			s = append(s, show(it.Next()))
		}
		return "[" + strings.Join(s, ", ") + "]"
	case traits.Mapper:
		s := []string{}
		for it := t.Iterator(); it.HasNext() == types.True; {
			k := it.Next()
			s = append(s, show(k)+": "+show(t.Get(k)))
		}
		sort.Strings(s)
		return "{" + strings.Join(s, ", ") + "}"
	case *types.Type:
		return "type(" + t.TypeName() + ")"
	}
	return v.Type().TypeName()
}

func main() {
	envs := map[string]*cel.Env{}
	sc := bufio.NewScanner(os.Stdin)
	sc.Buffer(make([]byte, 1<<20), 1<<26)
	enc := json.NewEncoder(os.Stdout)
	enc.SetEscapeHTML(false)
	for sc.Scan() {
		var i in
		if err := json.Unmarshal(sc.Bytes(), &i); err != nil {
			panic(err)
		}
		if i.Version == "" {
			i.Version = "1.37"
		}
		all := strings.HasSuffix(i.Version, "+")
		env := envs[i.Version]
		if env == nil {
			v := version.MustParseGeneric(strings.TrimSuffix(i.Version, "+"))
			opts := []cel.EnvOption{cel.Variable("object", cel.DynType), library.JSONPatch()}
			if all {
				opts = append(opts, ext.Math(), ext.Bindings(), ext.Encoders())
			}
			es, err := environment.MustBaseEnvSet(v).Extend(environment.VersionedOptions{IntroducedVersion: version.MajorMinor(1, 0), EnvOptions: opts})
			if err != nil {
				panic(err)
			}
			env = es.StoredExpressionsEnv()
			if env, err = es.Env(environment.NewExpressions); err != nil {
				panic(err)
			}
			envs[i.Version] = env
		}
		var o out
		func() {
			// cel-go panics over some expressions, which the API server recovers from.
			defer func() {
				if r := recover(); r != nil {
					o = out{CompileErr: fmt.Sprint("panic: ", r)}
				}
			}()
			ast, iss := env.Compile(i.Expr)
			if iss.Err() != nil {
				o.CompileErr = iss.Err().Error()
				return
			}
			o.Type = ast.OutputType().String()
			prg, err := env.Program(ast)
			if err != nil {
				o.CompileErr = "program: " + err.Error()
				return
			}
			var obj any
			if len(i.Object) > 0 {
				if err := utiljson.Unmarshal(i.Object, &obj); err != nil {
					panic(err)
				}
			}
			val, det, err := prg.Eval(map[string]any{"object": obj})
			if det != nil && det.ActualCost() != nil {
				o.Cost = *det.ActualCost()
			}
			if err != nil {
				o.Err = err.Error()
				return
			}
			o.Value = show(val)
		}()
		enc.Encode(o)
	}
}
