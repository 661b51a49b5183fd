//! Texts that are kept in little room until somebody asks: small programs' as they are, those of larger ones packed by Zstandard.
//!
//! Files of one program are like each other: a sample of the first ones is the dictionary by which others are packed.

use std::borrow::Cow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use zstd_safe::{CCtx, CDict, DCtx, DDict};

/// As many bytes stay as they are before the first text is packed.
const MAX_PLAIN: usize = 4 << 20;

/// Bytes that a dictionary has at most, and those of one text in it.
const MAX_DICTIONARY: usize = 96 << 10;
const MAX_SAMPLE: usize = 8 << 10;

/// Quick to write, and quicker to read.
const LEVEL: i32 = 1;

/// A kept text.
pub enum Kept {
    Plain(Box<[u8]>),
    Packed(Box<[u8]>),
}

impl Kept {
    /// Bytes that it takes.
    pub fn size(&self) -> usize {
        match self {
            Self::Plain(text) | Self::Packed(text) => text.len(),
        }
    }
}

/// Packs texts of one kind, on several threads at once.
#[derive(Default)]
pub struct Packer {
    /// Bytes of texts met so far.
    met: AtomicUsize,
    sample: Mutex<Vec<u8>>,
    dictionary: OnceLock<Option<(CDict<'static>, DDict<'static>)>>,
    writers: Mutex<Vec<Writer>>,
    readers: Mutex<Vec<DCtx<'static>>>,
}

/// A context, and room for what it writes.
struct Writer {
    context: CCtx<'static>,
    room: Vec<u8>,
}

impl Packer {
    pub fn keep(&self, text: &[u8]) -> Kept {
        if self.met.fetch_add(text.len(), Ordering::Relaxed) < MAX_PLAIN {
            let mut sample = lock(&self.sample);
            let room = MAX_DICTIONARY.saturating_sub(sample.len()).min(MAX_SAMPLE);
            sample.extend_from_slice(text.get(..room).unwrap_or(text));
            return Kept::Plain(text.into());
        }
        self.pack(text).map_or_else(|| Kept::Plain(text.into()), Kept::Packed)
    }

    /// The text; nothing where memory is wanting.
    pub fn open<'a>(&self, kept: &'a Kept) -> Cow<'a, [u8]> {
        match kept {
            Kept::Plain(text) => Cow::Borrowed(text),
            Kept::Packed(text) => Cow::Owned(self.unpack(text).unwrap_or_default()),
        }
    }

    fn pack(&self, text: &[u8]) -> Option<Box<[u8]>> {
        let (dictionary, _) = self.dictionary()?;
        let known = lock(&self.writers).pop();
        let mut writer = match known {
            Some(writer) => writer,
            None => Writer { context: CCtx::try_create()?, room: Vec::new() },
        };
        writer.room.clear();
        writer.room.reserve(zstd_safe::compress_bound(text.len()));
        let written = writer.context.compress_using_cdict(&mut writer.room, text, dictionary);
        let packed = written.ok().map(|_| Box::from(&writer.room[..]));
        if writer.room.capacity() < MAX_PLAIN {
            lock(&self.writers).push(writer);
        }
        packed
    }

    fn unpack(&self, packed: &[u8]) -> Option<Vec<u8>> {
        let (_, dictionary) = self.dictionary()?;
        let known = lock(&self.readers).pop();
        let mut reader = known.or_else(DCtx::try_create)?;
        let size = zstd_safe::get_frame_content_size(packed).ok().flatten()?;
        let mut text = Vec::with_capacity(usize::try_from(size).ok()?);
        let read = reader.decompress_using_ddict(&mut text, packed, dictionary);
        lock(&self.readers).push(reader);
        read.ok().map(|_| text)
    }

    fn dictionary(&self) -> Option<&(CDict<'static>, DDict<'static>)> {
        let made = self.dictionary.get_or_init(|| {
            let sample = std::mem::take(&mut *lock(&self.sample));
            Some((CDict::try_create(&sample, LEVEL)?, DDict::try_create(&sample)?))
        });
        made.as_ref()
    }
}

fn lock<T>(what: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_comes_back_as_it_was() {
        let packer = Packer::default();
        let texts: Vec<Vec<u8>> = (0..2_000_u32)
            .map(|number| {
                format!("def function_{number}(value):\n    return {number}\n").repeat(number as usize % 100).into_bytes()
            })
            .collect();
        let kept: Vec<Kept> = texts.iter().map(|text| packer.keep(text)).collect();
        assert!(kept.iter().zip(&texts).all(|(kept, text)| *packer.open(kept) == **text));
        let packed: Vec<&Kept> = kept.iter().filter(|one| matches!(one, Kept::Packed(_))).collect();
        assert!(packed.len() < kept.len() && packed.iter().map(|one| one.size()).sum::<usize>() < MAX_PLAIN / 10);
    }

    #[test]
    fn random_bytes_are_kept_too() {
        let packer = Packer::default();
        packer.keep(&vec![b'a'; MAX_PLAIN]);
        let noise: Vec<u8> = (0..70_000_u64).map(|number| (number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8).collect();
        for text in [&noise[..], b""] {
            assert_eq!(&*packer.open(&packer.keep(text)), text);
        }
    }
}
