// Answers, line by line, what Gatekeeper itself makes of policies and objects.
//
// A line is a question as JSON, and so is each answer. "mutate" applies mutators to an object,
// "review" loads a template and constraints and reviews a request.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sort"

	"github.com/open-policy-agent/frameworks/constraint/pkg/apis"
	constraintclient "github.com/open-policy-agent/frameworks/constraint/pkg/client"
	"github.com/open-policy-agent/frameworks/constraint/pkg/client/drivers/rego"
	"github.com/open-policy-agent/frameworks/constraint/pkg/client/reviews"
	mutations "github.com/open-policy-agent/gatekeeper/v3/apis/mutations/unversioned"
	"github.com/open-policy-agent/gatekeeper/v3/pkg/drivers/k8scel"
	"github.com/open-policy-agent/gatekeeper/v3/pkg/gator/reader"
	"github.com/open-policy-agent/gatekeeper/v3/pkg/mutation"
	"github.com/open-policy-agent/gatekeeper/v3/pkg/mutation/mutators/assign"
	"github.com/open-policy-agent/gatekeeper/v3/pkg/mutation/mutators/assignimage"
	"github.com/open-policy-agent/gatekeeper/v3/pkg/mutation/mutators/assignmeta"
	"github.com/open-policy-agent/gatekeeper/v3/pkg/mutation/mutators/modifyset"
	"github.com/open-policy-agent/gatekeeper/v3/pkg/mutation/types"
	"github.com/open-policy-agent/gatekeeper/v3/pkg/target"
	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

type question struct {
	Ask         string           `json:"ask"`
	Engine      string           `json:"engine"`
	Mutators    []map[string]any `json:"mutators"`
	Template    map[string]any   `json:"template"`
	Constraints []map[string]any `json:"constraints"`
	Inventory   []map[string]any `json:"inventory"`
	Object      map[string]any   `json:"object"`
	OldObject   map[string]any   `json:"oldObject"`
	Namespace   map[string]any   `json:"namespace"`
	Operation   string           `json:"operation"`
	Point       string           `json:"point"`
	Source      string           `json:"source"`
}

type answer struct {
	Refused []int          `json:"refused"`
	Failed  bool           `json:"failed"`
	Object  map[string]any `json:"object,omitempty"`
	Results [][]string     `json:"results"`
	Note    string         `json:"note,omitempty"`
}

func convert[T any](object map[string]any) (*T, error) {
	out := new(T)
	return out, runtime.DefaultUnstructuredConverter.FromUnstructured(object, out)
}

func mutator(object map[string]any) (types.Mutator, error) {
	switch object["kind"] {
	case "Assign":
		spec, err := convert[mutations.Assign](object)
		if err != nil {
			return nil, err
		}
		return assign.MutatorForAssign(spec)
	case "AssignMetadata":
		spec, err := convert[mutations.AssignMetadata](object)
		if err != nil {
			return nil, err
		}
		return assignmeta.MutatorForAssignMetadata(spec)
	case "ModifySet":
		spec, err := convert[mutations.ModifySet](object)
		if err != nil {
			return nil, err
		}
		return modifyset.MutatorForModifySet(spec)
	default:
		spec, err := convert[mutations.AssignImage](object)
		if err != nil {
			return nil, err
		}
		return assignimage.MutatorForAssignImage(spec)
	}
}

func namespace(object map[string]any) *corev1.Namespace {
	if object == nil {
		return nil
	}
	ns, err := convert[corev1.Namespace](object)
	if err != nil {
		panic(err)
	}
	return ns
}

func mutate(q *question) answer {
	out := answer{Refused: []int{}, Results: [][]string{}}
	system := mutation.NewSystem(mutation.SystemOpts{})
	for i, object := range q.Mutators {
		m, err := mutator(object)
		if err != nil {
			out.Refused = append(out.Refused, i)
			out.Note += err.Error() + "; "
			continue
		}
		// A conflict is an error too; the system leaves both out by itself.
		_ = system.Upsert(m)
	}
	mutable := &types.Mutable{
		Object:    &unstructured.Unstructured{Object: q.Object},
		Namespace: namespace(q.Namespace),
		Source:    types.SourceTypeOriginal,
		Operation: admissionv1.Operation(q.Operation),
	}
	if _, err := system.Mutate(context.Background(), mutable); err != nil {
		out.Failed = true
		out.Note += err.Error()
	} else {
		out.Object = mutable.Object.Object
	}
	return out
}

var scheme = runtime.NewScheme()

func raw(object map[string]any) runtime.RawExtension {
	if object == nil {
		return runtime.RawExtension{}
	}
	bytes, err := json.Marshal(object)
	if err != nil {
		panic(err)
	}
	return runtime.RawExtension{Raw: bytes}
}

func client(engine, point string) *constraintclient.Client {
	regoDriver, err := rego.New(rego.DisableBuiltins("http.send"))
	if err != nil {
		panic(err)
	}
	celDriver, err := k8scel.New()
	if err != nil {
		panic(err)
	}
	options := []constraintclient.Opt{
		constraintclient.Targets(&target.K8sValidationTarget{}),
		constraintclient.EnforcementPoints(point),
	}
	// The driver that comes first is preferred.
	if engine == "cel" {
		options = append(options, constraintclient.Driver(celDriver), constraintclient.Driver(regoDriver))
	} else {
		options = append(options, constraintclient.Driver(regoDriver), constraintclient.Driver(celDriver))
	}
	c, err := constraintclient.NewClient(options...)
	if err != nil {
		panic(err)
	}
	return c
}

func review(q *question) answer {
	ctx := context.Background()
	out := answer{Refused: []int{}, Results: [][]string{}}
	c := client(q.Engine, q.Point)
	template, err := reader.ToTemplate(scheme, &unstructured.Unstructured{Object: q.Template})
	if err == nil {
		_, err = c.AddTemplate(ctx, template)
	}
	if err != nil {
		out.Refused = append(out.Refused, -1)
		out.Note = err.Error()
		return out
	}
	for i, constraint := range q.Constraints {
		if _, err := c.AddConstraint(ctx, &unstructured.Unstructured{Object: constraint}); err != nil {
			out.Refused = append(out.Refused, i)
			out.Note += err.Error() + "; "
		}
	}
	for _, object := range q.Inventory {
		if _, err := c.AddData(ctx, &unstructured.Unstructured{Object: object}); err != nil {
			panic(err)
		}
	}
	of := &unstructured.Unstructured{Object: q.Object}
	if q.Object == nil {
		of.Object = q.OldObject
	}
	kind := of.GroupVersionKind()
	ns := namespace(q.Namespace)
	request := &target.AugmentedReview{
		AdmissionRequest: &admissionv1.AdmissionRequest{
			Kind:      metav1.GroupVersionKind{Group: kind.Group, Version: kind.Version, Kind: kind.Kind},
			Name:      of.GetName(),
			Namespace: of.GetNamespace(),
			Operation: admissionv1.Operation(q.Operation),
			Object:    raw(q.Object),
			OldObject: raw(q.OldObject),
		},
		Namespace: ns,
		Source:    types.SourceType(q.Source),
	}
	opts := []reviews.ReviewOpt{reviews.EnforcementPoint(q.Point)}
	if q.Namespace != nil {
		opts = append(opts, reviews.Namespace(q.Namespace))
	}
	responses, err := c.Review(ctx, request, opts...)
	if err != nil {
		out.Failed = true
		out.Note += err.Error()
		return out
	}
	for _, result := range responses.Results() {
		actions := result.ScopedEnforcementActions
		if result.EnforcementAction != "scoped" {
			actions = []string{result.EnforcementAction}
		}
		for _, action := range actions {
			out.Results = append(out.Results, []string{
				result.Constraint.GetKind() + "/" + result.Constraint.GetName(), action, result.Msg,
			})
		}
	}
	sort.Slice(out.Results, func(i, j int) bool {
		return fmt.Sprint(out.Results[i]) < fmt.Sprint(out.Results[j])
	})
	return out
}

// whole makes numbers what the API machinery has them as.
func whole(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key := range v {
			v[key] = whole(v[key])
		}
	case []any:
		for i := range v {
			v[i] = whole(v[i])
		}
	case float64:
		if v == float64(int64(v)) {
			return int64(v)
		}
	}
	return value
}

func main() {
	if err := apis.AddToScheme(scheme); err != nil {
		panic(err)
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 1<<20), 1<<26)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for lines.Scan() {
		q := &question{}
		if err := json.Unmarshal(lines.Bytes(), q); err != nil {
			panic(err)
		}
		for _, objects := range [][]map[string]any{q.Mutators, q.Constraints, q.Inventory, {q.Template, q.Object, q.OldObject, q.Namespace}} {
			for _, object := range objects {
				whole(object)
			}
		}
		var a answer
		if q.Ask == "mutate" {
			a = mutate(q)
		} else {
			a = review(q)
		}
		bytes, err := json.Marshal(a)
		if err != nil {
			panic(err)
		}
		fmt.Fprintln(out, string(bytes))
	}
}
