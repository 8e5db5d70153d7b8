-- Makes everybody of the seed an editor of the first workspace. Only a benchmark may do this: the log knows nothing of it.
begin;
insert into members (workspace_id, user_id, role, version, revision, joined_at, updated_at)
select (select workspace_id from accounts order by user_id limit 1), user_id, 20, 1, 1, now(), now() from accounts
on conflict do nothing;
commit;
vacuum (analyze) members;
