//! What the evaluator runs: rules whose bodies are lists of small steps over numbered slots.
//!
//! Steps that can hold in several ways (iteration) leave a choice behind; a step that fails goes back to the latest
//! choice. Which slots are bound before each step is known when it is made, so nothing is undone.

use std::sync::Arc;

use crate::{Source, Span, Value, builtins::Builtin};

/// A group of rules of a program: one document or one function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct GroupId(pub(crate) u32);

/// A value known now or when the step runs.
#[derive(Clone, Debug)]
pub(crate) enum Operand {
    Slot(u32),
    Const(Value),
}

/// What is done with a value that a step gives.
#[derive(Clone, Debug)]
pub(crate) enum Out {
    /// It goes to a slot.
    Bind(u32),
    /// It must equal another.
    Equal(Operand),
    /// It must be other than `false`.
    Truthy,
    /// That it is defined is enough.
    Ignore,
}

/// Where a read starts.
#[derive(Clone, Debug)]
pub(crate) enum From {
    Input,
    /// The base documents.
    Data,
    Slot(u32),
    Const(Value),
    /// What a group of rules gives.
    Rules(GroupId),
    /// What stands at a path of the input that is read more than once, by its number.
    Path(u32),
}

/// One step of a body.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Reads a member by its keys.
    Read {
        from: From,
        keys: Box<[Operand]>,
        out: Out,
    },
    /// Takes each member of a collection in turn.
    Walk {
        over: Operand,
        key: Out,
        value: Out,
    },
    /// Goes straight to the documents that can pass an equality further on, past the steps that walk to all of them.
    Join(Box<Join>),
    /// Reads below a path where rules and base documents meet.
    Documents(Box<Documents>),
    /// Gives a value on.
    Give {
        value: Operand,
        out: Out,
    },
    /// Two values in an order.
    Compare {
        left: Operand,
        right: Operand,
        sort: Comparison,
    },
    /// The value must be one of these constants.
    OneOf {
        value: Operand,
        among: Box<[Value]>,
    },
    /// The value must be an array of so many items.
    ArrayOf {
        value: Operand,
        length: usize,
    },
    /// The value must be an object of exactly these keys.
    ObjectOf {
        value: Operand,
        keys: Box<[Operand]>,
    },
    MakeArray {
        items: Box<[Operand]>,
        out: Out,
    },
    MakeSet {
        items: Box<[Operand]>,
        out: Out,
    },
    MakeObject {
        members: Box<[(Operand, Operand)]>,
        out: Out,
        span: Span,
    },
    Call(Box<Call>),
    /// `walk`: each value inside of another, with its path.
    WalkInto {
        value: Operand,
        path: Out,
        member: Out,
    },
    Not(Box<Body>),
    Every(Box<Every>),
    Collect(Box<Collect>),
    With(Box<With>),
    /// Hands a line to the host: sets of one value or none each.
    Print(Operand),
    /// Never holds.
    Fail,
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A call.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) callee: Callee,
    pub(crate) operands: Box<[Operand]>,
    pub(crate) out: Out,
    pub(crate) span: Span,
}

/// What is called.
#[derive(Clone, Debug)]
pub(crate) enum Callee {
    Builtin(&'static Builtin),
    Function(GroupId),
}

/// A list of steps, and what is done each time the last of them held.
#[derive(Clone, Debug)]
pub(crate) struct Body {
    pub(crate) steps: Box<[Step]>,
    pub(crate) gives: Gives,
}

/// What is done when a body holds.
#[derive(Clone, Debug)]
pub(crate) enum Gives {
    /// Once is enough.
    Truth,
    /// The value of a rule: once is enough if it is always the same.
    Value(Operand),
    /// An item of an array.
    Item(Operand),
    /// A member of a set.
    Member(Operand),
    /// A member of an object.
    Entry(Operand, Operand),
    /// A leaf of a nested object.
    Leaf {
        path: Box<[Operand]>,
        value: Operand,
        is_set: bool,
    },
    /// The slots, as an array.
    Slots(Box<[u32]>),
    /// What each of these rules gives that go on from there, in the same frame.
    Rules(Box<[Rule]>),
}

/// `every`.
#[derive(Clone, Debug)]
pub(crate) struct Every {
    pub(crate) domain: Operand,
    pub(crate) key: Option<u32>,
    pub(crate) value: u32,
    pub(crate) body: Body,
}

/// A comprehension.
#[derive(Clone, Debug)]
pub(crate) struct Collect {
    pub(crate) sort: Collection,
    pub(crate) body: Body,
    pub(crate) out: Out,
    pub(crate) span: Span,
    /// Where its value is kept for the evaluation, if it depends on nothing around it.
    pub(crate) memo: Option<u32>,
}

/// What a comprehension makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Collection {
    Array,
    Set,
    Object,
}

/// Steps under replaced documents or functions. Their solutions are found first, then taken in turn.
#[derive(Clone, Debug)]
pub(crate) struct With {
    pub(crate) targets: Box<[(Target, Replacement)]>,
    /// Gives [`Gives::Slots`].
    pub(crate) body: Body,
    /// The slots that a solution fills.
    pub(crate) slots: Box<[u32]>,
}

/// What is replaced.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    Input(Box<[Value]>),
    Data(Arc<[Value]>),
    Rules(GroupId),
    Builtin(&'static str),
}

/// What takes its place.
#[derive(Clone, Debug)]
pub(crate) enum Replacement {
    Value(Operand),
    Function(Callee),
}

/// A read from `data` through paths where rules may be.
#[derive(Clone, Debug)]
pub(crate) struct Documents {
    /// The path at which the first variable stands.
    pub(crate) path: Arc<[Value]>,
    pub(crate) keys: Box<[Key]>,
    /// The slots that a solution fills, in the order of the keys; the value comes last.
    pub(crate) slots: Box<[u32]>,
    pub(crate) out: Out,
}

/// A key of such a read.
#[derive(Clone, Debug)]
pub(crate) enum Key {
    Known(Operand),
    /// Any key; it goes to a slot.
    Any(u32),
}

/// A walk over base documents with an equality to come that few of them fulfil.
#[derive(Clone, Debug)]
pub(crate) struct Join {
    /// Number of the index in the program.
    pub(crate) id: u32,
    /// The path below `data` where the walk starts.
    pub(crate) prefix: Box<[Value]>,
    pub(crate) keys: Box<[JoinKey]>,
    /// The slot of the document found.
    pub(crate) value: u32,
    /// How many steps do the same by walking.
    pub(crate) skip: usize,
    /// Steps from the document to the values of which one must equal the other; gives [`Gives::Item`].
    pub(crate) derive: Body,
    /// What it must equal.
    pub(crate) equals: Operand,
}

/// A key on the way to a document.
#[derive(Clone, Debug)]
pub(crate) enum JoinKey {
    Const(Value),
    /// The value of a slot.
    Fixed(u32),
    /// Any; it goes to a slot.
    Any(Option<u32>),
}

/// A rule, compiled.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) source: Arc<Source>,
    pub(crate) span: Span,
    pub(crate) body: Body,
    pub(crate) otherwise: Option<Box<Rule>>,
}

/// A group, compiled.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) path: Arc<[Value]>,
    /// The path as text, for errors.
    pub(crate) name: Arc<str>,
    pub(crate) sort: Sort,
    pub(crate) rules: Box<[Rule]>,
    /// The same with what rules have in common once, where they begin alike. It finds members in another order.
    pub(crate) shared: Option<Box<[Rule]>>,
    /// Of a function, what must hold whatever its operands are.
    pub(crate) guard: Option<Guard>,
    /// The value if no rule has one.
    pub(crate) default: Option<Box<Rule>>,
    /// How many slots a frame has.
    pub(crate) slots: usize,
    /// How many parameters it has.
    pub(crate) arity: usize,
    /// Whether all values of its rules are the same constant.
    pub(crate) is_same: bool,
    /// By which value its rules are chosen.
    pub(crate) dispatch: Option<Dispatch>,
    /// Where a function keeps its latest results.
    pub(crate) memo: Option<u32>,
}

/// Steps of a function that need no operand.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    /// Gives [`Gives::Truth`].
    pub(crate) body: Body,
    /// Where it is kept for the evaluation whether they hold, among the comprehensions.
    pub(crate) memo: u32,
}

/// A value that must be some constant in most rules of a group.
#[derive(Clone, Debug)]
pub(crate) struct Dispatch {
    pub(crate) from: From,
    pub(crate) keys: Box<[Operand]>,
    /// The constants in their order, each with the rules that may hold then.
    pub(crate) table: Box<[(Value, Box<[u32]>)]>,
    /// The rules that may hold for any other value, and for none.
    pub(crate) others: Box<[u32]>,
}

/// What a group makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    Complete,
    Function,
    Set,
    /// An object whose members are all one key deep.
    Entries,
    /// An object of any depth.
    Nested,
}
