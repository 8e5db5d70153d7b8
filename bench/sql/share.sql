-- Makes every workspace of the seed a shared one: the ten people behind its owner, in a circle, are its editors, and the first has 10 000 members. Only a
-- benchmark may do this: the log knows nothing of it.
begin;
create temp table people as select user_id, workspace_id, row_number() over (order by user_id) - 1 as n, count(*) over () as all_people from accounts;
insert into members (workspace_id, user_id, role, version, revision, joined_at, updated_at)
select w.workspace_id, p.user_id, 20, 1, 1, now(), now()
  from people w cross join generate_series(1, 10) behind join people p on p.n = (w.n + behind) % w.all_people
on conflict do nothing;
insert into members (workspace_id, user_id, role, version, revision, joined_at, updated_at)
select workspace_id, gen_random_uuid(), 10, 1, 1, now(), now() from people cross join generate_series(1, 9989) where n = 0;
commit;
vacuum (analyze) members;
