//! The pickle machine: a stack, marks, a memo, and an arena in which values are made and never run.

use std::collections::HashMap;
use std::sync::Arc;

use super::cursor::Cursor;
use super::error::{PickleError, PickleErrorKind};
use super::limits::Limits;
use super::literal;
use super::opcode::Opcode;
use super::value::{Value, ValueId};

/// The latest protocol there is.
const LATEST_PROTOCOL: u8 = 5;

/// The state of one run.
pub(super) struct Machine<'a> {
    pub(super) cursor: Cursor<'a>,
    pub(super) values: Vec<Value>,
    stack: Vec<ValueId>,
    /// Heights of the stack at the marks.
    marks: Vec<usize>,
    memo: HashMap<u64, ValueId>,
    spent: usize,
    limit: usize,
    buffers: u32,
}

impl<'a> Machine<'a> {
    pub(super) fn new(bytes: &'a [u8], limits: &Limits) -> Self {
        Self {
            cursor: Cursor::new(bytes),
            values: Vec::new(),
            stack: Vec::new(),
            marks: Vec::new(),
            memo: HashMap::new(),
            spent: 0,
            // Ids are 32 bits wide.
            limit: limits.values.min(u32::MAX as usize),
            buffers: 0,
        }
    }

    /// Runs to STOP and returns the value on top of the stack.
    pub(super) fn run(&mut self) -> Result<ValueId, PickleError> {
        loop {
            let opcode = self.cursor.next_opcode()?;
            if opcode == Opcode::Stop {
                return self.pop();
            }
            self.step(opcode)?;
        }
    }

    /// Executes one opcode. The table is long because the instruction set is; each line is one instruction.
    fn step(&mut self, opcode: Opcode) -> Result<(), PickleError> {
        match opcode {
            Opcode::Stop => Ok(()),
            Opcode::Proto => self.protocol(),
            Opcode::Frame => self.frame(),
            Opcode::Mark => self.mark(),
            Opcode::Pop => self.pop_value_or_mark(),
            Opcode::PopMark => self.pop_mark().map(drop),
            Opcode::Dup => self.top().and_then(|id| self.push(id)),

            Opcode::Get => self.text_memo_key().and_then(|key| self.get(key)),
            Opcode::BinGet => self.cursor.unsigned::<1>().and_then(|key| self.get(key)),
            Opcode::LongBinGet => self.cursor.unsigned::<4>().and_then(|key| self.get(key)),
            Opcode::Put => self.text_memo_key().and_then(|key| self.put(key)),
            Opcode::BinPut => self.cursor.unsigned::<1>().and_then(|key| self.put(key)),
            Opcode::LongBinPut => self.cursor.unsigned::<4>().and_then(|key| self.put(key)),
            Opcode::Memoize => self.put(self.memo.len() as u64),

            Opcode::None => self.make(Value::None),
            Opcode::NewTrue => self.make(Value::Bool(true)),
            Opcode::NewFalse => self.make(Value::Bool(false)),
            Opcode::Int => self.line_literal("an integer", literal::int_or_bool),
            Opcode::Long => self.line_literal("an integer of at most 4300 digits", literal::decimal),
            Opcode::BinInt => self.cursor.array().and_then(|b| self.make(Value::Int(i32::from_le_bytes(b).into()))),
            Opcode::BinInt1 => self.cursor.array().and_then(|[b]| self.make(Value::Int(b.into()))),
            Opcode::BinInt2 => self.cursor.array().and_then(|b| self.make(Value::Int(u16::from_le_bytes(b).into()))),
            Opcode::Long1 => self.cursor.counted::<1>().and_then(|bytes| self.make(literal::integer(bytes))),
            Opcode::Long4 => self.signed_counted().and_then(|bytes| self.make(literal::integer(bytes))),
            Opcode::Float => self.line_literal("a float", |line| literal::float(line).map(Value::Float)),
            Opcode::BinFloat => self.cursor.array().and_then(|b| self.make(Value::Float(f64::from_be_bytes(b)))),

            Opcode::String => {
                self.line_literal("a quoted string", |line| Some(literal::string8(&literal::quoted(line)?)))
            }
            Opcode::BinString => self.signed_counted().and_then(|bytes| self.make(literal::string8(bytes))),
            Opcode::ShortBinString => self.cursor.counted::<1>().and_then(|bytes| self.make(literal::string8(bytes))),
            Opcode::Unicode => self.line_literal("text with complete escapes and no lone surrogate", |line| {
                Some(Value::Text(literal::raw_unicode(line)?.into()))
            }),
            Opcode::ShortBinUnicode => self.cursor.counted::<1>().and_then(|bytes| self.make_text(bytes)),
            Opcode::BinUnicode => self.cursor.counted::<4>().and_then(|bytes| self.make_text(bytes)),
            Opcode::BinUnicode8 => self.cursor.counted::<8>().and_then(|bytes| self.make_text(bytes)),
            Opcode::ShortBinBytes => self.cursor.counted::<1>().and_then(|b| self.make(Value::Bytes(b.into()))),
            Opcode::BinBytes => self.cursor.counted::<4>().and_then(|b| self.make(Value::Bytes(b.into()))),
            Opcode::BinBytes8 => self.cursor.counted::<8>().and_then(|b| self.make(Value::Bytes(b.into()))),
            Opcode::ByteArray8 => self.cursor.counted::<8>().and_then(|b| self.make(Value::ByteArray(b.into()))),
            Opcode::NextBuffer => self.next_buffer(),
            Opcode::ReadOnlyBuffer => self.read_only_buffer(),

            Opcode::EmptyList => self.make(Value::List(Vec::new())),
            Opcode::EmptyTuple => self.make(Value::Tuple(Box::default())),
            Opcode::EmptyDict => self.make(Value::Dict(Vec::new())),
            Opcode::EmptySet => self.make(Value::Set(Vec::new())),
            Opcode::List => self.pop_mark().and_then(|items| self.make(Value::List(items))),
            Opcode::Tuple => self.pop_mark().and_then(|items| self.make(Value::Tuple(items.into()))),
            Opcode::Tuple1 => self.pop_n::<1>().and_then(|items| self.make(Value::Tuple(Box::new(items)))),
            Opcode::Tuple2 => self.pop_n::<2>().and_then(|items| self.make(Value::Tuple(Box::new(items)))),
            Opcode::Tuple3 => self.pop_n::<3>().and_then(|items| self.make(Value::Tuple(Box::new(items)))),
            Opcode::FrozenSet => self.pop_mark().and_then(|items| self.make(Value::FrozenSet(items.into()))),
            Opcode::Dict => self.dict_from_mark(),
            Opcode::Append => self.pop_n::<1>().and_then(|items| self.append(&items)),
            Opcode::Appends => self.pop_mark().and_then(|items| self.append(&items)),
            Opcode::AddItems => self.pop_mark().and_then(|items| self.add(&items)),
            Opcode::SetItem => self.pop_n::<2>().and_then(|pair| self.set_items(&pair)),
            Opcode::SetItems => self.pop_mark().and_then(|pairs| self.set_items(&pairs)),

            Opcode::Global => self.global(),
            Opcode::StackGlobal => self.stack_global(),
            Opcode::Reduce => self.reduce(),
            Opcode::NewObj => self.new_object(),
            Opcode::NewObjEx => self.new_object_with_names(),
            Opcode::Inst => self.instance_of_named(),
            Opcode::Obj => self.instance_of_stacked(),
            Opcode::Build => self.build(),
            Opcode::PersId => self.persistent_text(),
            Opcode::BinPersId => self.persistent(),
            Opcode::Ext1 => self.cursor.unsigned::<1>().and_then(|code| self.extension(code)),
            Opcode::Ext2 => self.cursor.unsigned::<2>().and_then(|code| self.extension(code)),
            Opcode::Ext4 => self.cursor.unsigned::<4>().and_then(|code| self.extension(code)),
        }
    }

    pub(super) fn error(&self, kind: PickleErrorKind) -> PickleError {
        self.cursor.error(kind)
    }

    /// Reports a value that the opcode cannot work on.
    pub(super) fn type_error(&self, expected: &'static str, found: ValueId) -> PickleError {
        self.error(PickleErrorKind::Type { expected, found: self.value(found).type_name() })
    }

    pub(super) fn value(&self, id: ValueId) -> &Value {
        &self.values[id.0 as usize]
    }

    pub(super) fn value_mut(&mut self, id: ValueId) -> &mut Value {
        &mut self.values[id.0 as usize]
    }

    /// Counts one more thing that takes memory.
    fn spend(&mut self) -> Result<(), PickleError> {
        self.spent += 1;
        if self.spent > self.limit {
            return Err(self.error(PickleErrorKind::TooManyValues { limit: self.limit }));
        }
        Ok(())
    }

    /// Adds a value to the arena without pushing it.
    pub(super) fn add_value(&mut self, value: Value) -> Result<ValueId, PickleError> {
        self.spend()?;
        // `spend` keeps the count within 32 bits.
        let id = ValueId(self.values.len() as u32);
        self.values.push(value);
        Ok(id)
    }

    pub(super) fn push(&mut self, id: ValueId) -> Result<(), PickleError> {
        self.spend()?;
        self.stack.push(id);
        Ok(())
    }

    /// Adds a value and pushes it.
    pub(super) fn make(&mut self, value: Value) -> Result<(), PickleError> {
        let id = self.add_value(value)?;
        self.push(id)
    }

    /// Returns how many values lie above the last mark.
    fn reachable(&self) -> usize {
        self.stack.len() - self.marks.last().copied().unwrap_or(0)
    }

    fn require_stack(&self, needed: usize) -> Result<(), PickleError> {
        match self.reachable() {
            found if found < needed => Err(self.error(PickleErrorKind::Stack { needed, found })),
            _ => Ok(()),
        }
    }

    /// Returns the value on top without taking it.
    pub(super) fn top(&self) -> Result<ValueId, PickleError> {
        self.require_stack(1)?;
        Ok(self.stack[self.stack.len() - 1])
    }

    pub(super) fn pop(&mut self) -> Result<ValueId, PickleError> {
        self.pop_n::<1>().map(|[id]| id)
    }

    /// Pops `N` values, the deepest first.
    pub(super) fn pop_n<const N: usize>(&mut self) -> Result<[ValueId; N], PickleError> {
        self.require_stack(N)?;
        let mut popped = [ValueId(0); N];
        let start = self.stack.len() - N;
        popped.copy_from_slice(&self.stack[start..]);
        self.stack.truncate(start);
        Ok(popped)
    }

    /// Pops the last mark and everything above it.
    pub(super) fn pop_mark(&mut self) -> Result<Vec<ValueId>, PickleError> {
        let Some(height) = self.marks.pop() else {
            return Err(self.error(PickleErrorKind::NoMark));
        };
        Ok(self.stack.split_off(height))
    }

    fn mark(&mut self) -> Result<(), PickleError> {
        self.spend()?;
        self.marks.push(self.stack.len());
        Ok(())
    }

    /// Drops the top of the stack, which may be a mark.
    fn pop_value_or_mark(&mut self) -> Result<(), PickleError> {
        if self.reachable() == 0 && self.marks.pop().is_some() {
            return Ok(());
        }
        self.pop().map(drop)
    }

    fn text_memo_key(&mut self) -> Result<u64, PickleError> {
        let line = self.cursor.line()?;
        literal::memo_key(line).ok_or_else(|| self.cursor.literal_error("a memo entry", line))
    }

    fn get(&mut self, key: u64) -> Result<(), PickleError> {
        match self.memo.get(&key) {
            Some(&id) => self.push(id),
            None => Err(self.error(PickleErrorKind::Memo { key })),
        }
    }

    fn put(&mut self, key: u64) -> Result<(), PickleError> {
        let id = self.top()?;
        self.spend()?;
        self.memo.insert(key, id);
        Ok(())
    }

    fn protocol(&mut self) -> Result<(), PickleError> {
        let [found] = self.cursor.array()?;
        if found > LATEST_PROTOCOL {
            return Err(self.error(PickleErrorKind::Protocol { found }));
        }
        Ok(())
    }

    /// Checks that the frame fits; frames only help readers that load a file piece by piece.
    fn frame(&mut self) -> Result<(), PickleError> {
        let length = self.cursor.unsigned::<8>()?;
        self.cursor.require(length).map(drop)
    }

    fn line_literal(&mut self, expected: &'static str, read: fn(&[u8]) -> Option<Value>) -> Result<(), PickleError> {
        let line = self.cursor.line()?;
        let value = read(line).ok_or_else(|| self.cursor.literal_error(expected, line))?;
        self.make(value)
    }

    fn signed_counted(&mut self) -> Result<&'a [u8], PickleError> {
        let length = self.cursor.signed_length()?;
        self.cursor.take(length)
    }

    fn make_text(&mut self, bytes: &[u8]) -> Result<(), PickleError> {
        let text = std::str::from_utf8(bytes).map_err(|_| self.cursor.literal_error("UTF-8 text", bytes))?;
        self.make(Value::Text(Arc::from(text)))
    }

    fn next_buffer(&mut self) -> Result<(), PickleError> {
        let number = self.buffers;
        // Each buffer is a value, so the count cannot leave 32 bits.
        self.buffers += 1;
        self.make(Value::Buffer(number))
    }

    /// Checks that there is something with bytes to mark as read-only; whether it is makes no difference to a reader.
    fn read_only_buffer(&mut self) -> Result<(), PickleError> {
        let top = self.top()?;
        match self.value(top) {
            Value::Buffer(_) | Value::Bytes(_) | Value::ByteArray(_) | Value::Object(_) => Ok(()),
            _ => Err(self.type_error("a buffer", top)),
        }
    }
}
