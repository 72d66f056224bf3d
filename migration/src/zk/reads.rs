//! What one batch is on the wire: a multi-read, or single reads for servers before 3.6.

use zookeeper_client::{Client, Error, MultiReadResult};

use super::walk::Answer;
use crate::znode::{Stat, Zxid};

/// Single operations of a batch in flight; with eight batches 256 altogether.
const SINGLE_READS: usize = 32;

/// Reads payloads and children of all paths in one request.
///
/// # Errors
///
/// Whatever is not about a single path: the answers did not come, or make no sense.
pub(super) async fn multi_read(client: &Client, paths: &[String]) -> Result<Vec<Answer>, Error> {
    let mut reader = client.new_multi_reader();
    for path in paths {
        reader.add_get_data(path)?;
        reader.add_get_children(path)?;
    }
    let mut results = reader.commit().await?.into_iter();
    let mut answers = Vec::with_capacity(paths.len());
    while let (Some(data), Some(children)) = (results.next(), results.next()) {
        answers.push(match (data, children) {
            (MultiReadResult::Data { data, stat }, MultiReadResult::Children { children }) => {
                read(data, stat, children)
            }
            (MultiReadResult::Error { err }, _) | (_, MultiReadResult::Error { err }) => failed(err)?,
            _ => {
                return Err(Error::UnexpectedError(
                    "answers in another order than asked".to_owned(),
                ));
            }
        });
    }
    Ok(answers)
}

/// Reads payloads and then children of all paths, each by a request of its own.
///
/// # Errors
///
/// As [`multi_read`].
pub(super) async fn single_reads(client: &Client, paths: &[String]) -> Result<Vec<Answer>, Error> {
    let mut answers = Vec::with_capacity(paths.len());
    for paths in paths.chunks(SINGLE_READS) {
        let asked: Vec<_> = paths.iter().map(|path| client.get_data(path)).collect();
        let mut got = Vec::with_capacity(asked.len());
        for (path, data) in paths.iter().zip(asked) {
            let data = data.await;
            let has_children = data.as_ref().is_ok_and(|(_, stat)| stat.num_children > 0);
            got.push((data, has_children.then(|| client.get_children(path))));
        }
        for (data, children) in got {
            let children = match children {
                Some(children) => children.await.map(|(names, _)| names),
                None => Ok(Vec::new()),
            };
            answers.push(match (data, children) {
                (Ok((data, stat)), Ok(children)) => read(data, stat, children),
                (Err(error), _) | (_, Err(error)) => failed(error)?,
            });
        }
    }
    Ok(answers)
}

fn read(data: Vec<u8>, stat: zookeeper_client::Stat, children: Vec<String>) -> Answer {
    let stat = Stat {
        czxid: Zxid(stat.czxid),
        mzxid: Zxid(stat.mzxid),
        pzxid: Zxid(stat.pzxid),
        ctime: stat.ctime,
        mtime: stat.mtime,
        version: stat.version,
        cversion: stat.cversion,
        aversion: stat.aversion,
        ephemeral_owner: stat.ephemeral_owner,
    };
    Answer::Read { data, stat, children }
}

/// What a server's refusal of one path means; an error that is not about the path is handed back.
fn failed(error: Error) -> Result<Answer, Error> {
    match error {
        Error::NoNode => Ok(Answer::Missing),
        Error::NoAuth => Ok(Answer::Unreadable(
            "access is denied, to it and all below it: log in as the brokers do (the Client section of their JAAS \
             file, or their client certificate)"
                .to_owned(),
        )),
        Error::BadArguments(problem) => Ok(Answer::Unreadable(format!("the client refuses the path: {problem}"))),
        error => Err(error),
    }
}
